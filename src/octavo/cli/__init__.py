"""The command line: one verb a file, which parses and prints and does nothing else."""
