"""Who sums up a call: a language model outside, a program, or what is built in."""
