"""Plans as data: launches of kernels over a table of addresses, walked by one generated native function."""
