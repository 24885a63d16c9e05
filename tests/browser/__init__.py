"""Tests in a real browser, on real servers; and the traffic and application that their pictures show."""
