-- Sessions of people who signed in with a cookie: only a digest of its value is kept.
CREATE TABLE sessions (
    session_id {bytes} PRIMARY KEY,
    digest {bytes} NOT NULL UNIQUE,
    user_id {bytes} NOT NULL REFERENCES users (user_id),
    created_at {bigint} NOT NULL,
    expires_at {bigint} NOT NULL
) {strict};
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);
