// What a page does with the gateway by itself: one fetch, read whole or event by event, and left when the test says so.

const leave = new AbortController();

async function call(url, {method = 'POST', headers = {}, body, credentials = 'include', enough} = {}) {
  const seen = {status: 0, headers: {}, text: '', pieces: 0, error: ''};
  const init = {method, headers: {...headers}, credentials, signal: leave.signal};
  if (body !== undefined) {
    init.headers['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(url, init);
    seen.status = response.status;
    seen.headers = Object.fromEntries(response.headers);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      seen.text += value;
      seen.pieces += 1;
      if (enough !== undefined && seen.text.includes(enough)) leave.abort();
    }
  } catch (error) {
    seen.error = `${error.name}: ${error.message}`;
  }
  return seen;
}

window.call = call;
