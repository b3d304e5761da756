"""Read pages in an app, with nothing but a store client."""
