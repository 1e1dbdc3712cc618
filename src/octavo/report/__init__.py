"""Pages and plots: one kind of report a file. Loads no Keras."""
