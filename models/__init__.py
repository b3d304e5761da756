"""Learn from examples, and judge what was learned."""
