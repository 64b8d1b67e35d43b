"""How fast the loop of save, run and read is: ratios, measured side by side. `python -m benchmarks`

Milliseconds say more about a machine than about a suite. So everything is compared with something
that does the same or less on the same machine, in turn with it.
"""
