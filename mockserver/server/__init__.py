"""The engine on a socket: the ASGI application, the player, stores, uvicorn, workers."""
