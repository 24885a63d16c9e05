"""Tests in a real browser with real servers, and the demo application and traffic for the screenshots."""
