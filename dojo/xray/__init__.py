"""The x-ray: what one test made its sessions do, line by line.

`recorder` watches, `picture` draws what it saw, `plugin` does both for tests that pytest runs.
It works on any test that uses a `Session`: nothing here knows of katas.
"""
