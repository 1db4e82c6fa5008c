"""Appeals: what callers have asked the organization for, with a number they can be told."""
