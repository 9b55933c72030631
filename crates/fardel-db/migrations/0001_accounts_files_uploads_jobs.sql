-- One schema for SQLite and PostgreSQL. Ids are UUIDv7, instants BIGINT microseconds since the epoch,
-- sort keys BYTEA: both engines order these types alike. Text is never sorted by.

CREATE TABLE users (
    id            UUID    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    locale        TEXT,
    password_hash TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL,
    disabled_at   BIGINT
);
CREATE UNIQUE INDEX users_by_email ON users (email_key);

-- One-time codes that open first-run set-up; only hashes are kept.
CREATE TABLE setup_codes (
    code_hash  BYTEA  NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

-- A session is a family of refresh tokens: only the newest is valid, an older one revokes the family.
CREATE TABLE sessions (
    id            UUID   NOT NULL PRIMARY KEY,
    user_id       UUID   NOT NULL REFERENCES users (id),
    refresh_hash  BYTEA  NOT NULL,
    previous_hash BYTEA,
    rotated_at    BIGINT NOT NULL,
    user_agent    TEXT   NOT NULL,
    address       TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    revoked_at    BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

CREATE TABLE api_keys (
    id           UUID   NOT NULL PRIMARY KEY,
    user_id      UUID   NOT NULL REFERENCES users (id),
    name         TEXT   NOT NULL,
    hint         TEXT   NOT NULL,
    secret_hash  BYTEA  NOT NULL,
    scopes       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret_hash);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at);

-- change_seq is taken by updating this row inside the transaction of the change: gap-free, in commit order.
CREATE TABLE drives (
    id             UUID   NOT NULL PRIMARY KEY,
    owner_id       UUID   NOT NULL REFERENCES users (id),
    change_seq     BIGINT NOT NULL,
    child_count    BIGINT NOT NULL,
    used_bytes     BIGINT NOT NULL,
    reserved_bytes BIGINT NOT NULL,
    quota_bytes    BIGINT,
    created_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX drives_by_owner ON drives (owner_id);

-- One stored content. Files and versions of the same drive share it; ref_count says how many.
CREATE TABLE contents (
    id         UUID   NOT NULL PRIMARY KEY,
    drive_id   UUID   NOT NULL REFERENCES drives (id),
    checksum   BYTEA  NOT NULL,
    size       BIGINT NOT NULL,
    part_count BIGINT NOT NULL,
    media_type TEXT   NOT NULL,
    object_key TEXT   NOT NULL,
    etag       TEXT   NOT NULL,
    ref_count  BIGINT NOT NULL,
    scan       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX contents_by_checksum ON contents (drive_id, checksum, size);

-- parent_id is the drive's id for top-level files. folder_rank is 0 for folders and 1 for files,
-- which keeps folders first in every sort with one index each.
CREATE TABLE files (
    id              UUID    NOT NULL PRIMARY KEY,
    drive_id        UUID    NOT NULL REFERENCES drives (id),
    parent_id       UUID    NOT NULL,
    folder_rank     BIGINT  NOT NULL,
    name            TEXT    NOT NULL,
    name_key        BYTEA   NOT NULL,
    sort_key        BYTEA   NOT NULL,
    type_key        BYTEA   NOT NULL,
    media_type      TEXT,
    category        TEXT,
    content_id      UUID    REFERENCES contents (id),
    size            BIGINT  NOT NULL,
    version         BIGINT  NOT NULL,
    content_version BIGINT  NOT NULL,
    visibility      TEXT    NOT NULL,
    starred         BOOLEAN NOT NULL,
    child_count     BIGINT  NOT NULL,
    download_count  BIGINT  NOT NULL,
    modified_at     BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    deleted_at      BIGINT,
    purge_at        BIGINT,
    change_seq      BIGINT  NOT NULL
);
CREATE UNIQUE INDEX files_by_name_key ON files (parent_id, name_key) WHERE deleted_at IS NULL;
CREATE INDEX files_by_name ON files (drive_id, parent_id, folder_rank, sort_key, id) WHERE deleted_at IS NULL;
CREATE INDEX files_by_date ON files (drive_id, parent_id, folder_rank, modified_at, id) WHERE deleted_at IS NULL;
CREATE INDEX files_by_size ON files (drive_id, parent_id, folder_rank, size, id) WHERE deleted_at IS NULL;
CREATE INDEX files_by_type ON files (drive_id, parent_id, folder_rank, type_key, id) WHERE deleted_at IS NULL;
CREATE INDEX files_in_trash ON files (drive_id, deleted_at, id) WHERE deleted_at IS NOT NULL;

CREATE INDEX files_by_content ON files (content_id) WHERE content_id IS NOT NULL;

-- The contents that a file had before; its present one stands in files.
CREATE TABLE file_versions (
    file_id         UUID   NOT NULL REFERENCES files (id),
    content_version BIGINT NOT NULL,
    content_id      UUID   NOT NULL REFERENCES contents (id),
    size            BIGINT NOT NULL,
    media_type      TEXT   NOT NULL,
    modified_at     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (file_id, content_version)
);

-- Uploads that were announced. reserved_bytes count against the quota until confirm or abort.
-- part_digests are 32 bytes a part, zeros where the digest is not yet known. check_at is when the
-- reconciler looks at the row next.
CREATE TABLE uploads (
    id             UUID   NOT NULL PRIMARY KEY,
    drive_id       UUID   NOT NULL REFERENCES drives (id),
    user_id        UUID   NOT NULL REFERENCES users (id),
    parent_id      UUID   NOT NULL,
    name           TEXT   NOT NULL,
    size           BIGINT NOT NULL,
    media_type     TEXT   NOT NULL,
    modified_at    BIGINT NOT NULL,
    on_conflict    TEXT   NOT NULL,
    checksum       BYTEA,
    part_digests   BYTEA  NOT NULL,
    object_key     TEXT   NOT NULL,
    multipart_id   TEXT,
    state          TEXT   NOT NULL,
    file_id        UUID,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    check_at       BIGINT NOT NULL
);
CREATE INDEX uploads_by_user ON uploads (user_id, state, id);
CREATE INDEX uploads_to_resume ON uploads (user_id, checksum) WHERE state = 'open';
CREATE INDEX uploads_to_check ON uploads (check_at, id);

-- What delta and live events read: the drive's changes in commit order.
CREATE TABLE changes (
    drive_id UUID   NOT NULL,
    seq      BIGINT NOT NULL,
    file_id  UUID   NOT NULL,
    op       TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (drive_id, seq)
);

-- The outbox and the queue's truth. A lease is a later run_at: a crashed worker needs no reaper.
CREATE TABLE jobs (
    id           UUID   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    dedup_key    TEXT,
    payload      TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    attempts     BIGINT NOT NULL,
    run_at       BIGINT NOT NULL,
    lease        UUID,
    last_error   TEXT,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_by_dedup_key ON jobs (dedup_key) WHERE dedup_key IS NOT NULL;
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 'ready';

-- Answers to POSTs that carried an Idempotency-Key, kept for a day.
CREATE TABLE idempotency_keys (
    user_id      UUID   NOT NULL,
    key          TEXT   NOT NULL,
    request_hash BYTEA  NOT NULL,
    status       BIGINT,
    body         TEXT,
    location     TEXT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
