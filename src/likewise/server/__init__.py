"""The HTTP server: the dialects of other servers, the project's own API, and the web app."""
