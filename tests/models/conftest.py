"""Import `models` first: a test that imports TensorFlow itself must find what `models` tells it."""

import models  # noqa: F401
