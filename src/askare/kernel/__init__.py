"""Words that every room shares: problems, paging, time, search words.  Imports nothing of ours."""
