"""A test that needs a server: TRAINYARD_URL says where."""

import os
import unittest


@unittest.skipUnless(os.environ.get("TRAINYARD_URL"), "TRAINYARD_URL names no server")
class LiveTest(unittest.TestCase):
    """Is skipped where no server is named."""
