"""What only a real browser can tell: CORS, the example apps, the page. See conftest for its manners."""
