-- What a personal access token is limited to, a JSON list of words; NULL: whatever its role may.
ALTER TABLE access_tokens ADD COLUMN scopes TEXT;
