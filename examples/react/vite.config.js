import react from '@vitejs/plugin-react';
import {defineConfig} from 'vite';

export default defineConfig({
  base: './', // the build can be served from any folder
  plugins: [react()],
  build: {chunkSizeWarningLimit: 700}, // the SDK is most of it
  server: {
    host: '127.0.0.1',
    port: 5173,
    fs: {allow: ['..']}, // chat.css, which both examples share
  },
});
