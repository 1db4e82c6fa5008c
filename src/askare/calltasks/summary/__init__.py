"""The built-in summariser: picks the sentences that matter from each side of a call.

It needs no network and no model, so it is always there.  It never says what was not said: a summary is made of the
call's own words.
"""
