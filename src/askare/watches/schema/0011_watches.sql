-- Reverse search: all criteria of a watch, once for each place it asks for, in the order of the places.  A realty
-- looks only at the rows of its own places.  Absent wishes are kept as values that every realty passes
-- (watches/matching.py), so that no condition asks for NULL.  Only watches that count now have rows.
CREATE TABLE watch_criteria (
    organization_no {bigint} NOT NULL,
    place TEXT NOT NULL,
    watch_id {bytes} NOT NULL,
    entry {bigint} NOT NULL,
    until {bigint} NOT NULL,
    price_least {real} NOT NULL,
    price_most {real} NOT NULL,
    living_area_least {real} NOT NULL,
    living_area_most {real} NOT NULL,
    rooms_least {real} NOT NULL,
    room_counts TEXT NOT NULL,
    property_types TEXT NOT NULL,
    residential_types TEXT NOT NULL,
    lacking_refused {bigint} NOT NULL,
    year_least {real} NOT NULL,
    year_most {real} NOT NULL,
    plot_area_least {real} NOT NULL,
    plot_area_most {real} NOT NULL,
    currency TEXT NOT NULL,
    conditions TEXT NOT NULL,
    ownerships TEXT NOT NULL,
    availabilities TEXT NOT NULL,
    plot_types TEXT NOT NULL,
    estate_types TEXT NOT NULL,
    other_types TEXT NOT NULL,
    plot_holdings TEXT NOT NULL,
    country_code TEXT NOT NULL,
    region_code TEXT NOT NULL,
    region TEXT NOT NULL,
    locality_code TEXT NOT NULL,
    locality TEXT NOT NULL,
    postcode TEXT NOT NULL,
    postal_area TEXT NOT NULL,
    district TEXT NOT NULL,
    {clustered_only}PRIMARY KEY (organization_no, place, watch_id, entry)
    {heap_only}PRIMARY KEY (organization_no, watch_id, entry, place)
) {clustered};
-- PostgreSQL keeps rows as they come, so each row of a place lies on a page of its own: with what most wishes fail by in
-- the index itself, an eighth to a third of those pages is read.
{heap_only}CREATE INDEX watch_criteria_by_numbers ON watch_criteria (organization_no, place, price_least, price_most, living_area_least, living_area_most);
-- By the watch alone: with the organization before it, SQLite would rather go through all of the organization.
{clustered_only}CREATE INDEX watch_criteria_of_watch ON watch_criteria (watch_id);

-- The watches themselves.  What they take from their asset requirement is kept in step with it.
CREATE TABLE watches (
    watch_no {serial},
    organization_no {bigint} NOT NULL,
    watch_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    office_id {bytes} NOT NULL,
    ends {bigint} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, watch_id)
) {strict};
CREATE INDEX watches_by_created ON watches (organization_no, created, watch_id, office_id, ends, modified);
CREATE INDEX watches_by_modified ON watches (organization_no, modified, watch_id, office_id, ends, created);
CREATE INDEX watches_by_office ON watches (organization_no, office_id, created, watch_id, ends, modified);
CREATE INDEX watches_by_office_modified ON watches (organization_no, office_id, modified, watch_id, ends, created);

-- Links: 1 party, 2 asset requirement, 3 responsible agent, 4 property type.  A watch has no text to search in, so it
-- has no tables of words.
CREATE TABLE watch_links (
    organization_no {bigint} NOT NULL,
    kind {bigint} NOT NULL,
    target {bytes} NOT NULL,
    created {bigint} NOT NULL,
    watch_no {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    watch_id {bytes} NOT NULL,
    PRIMARY KEY (organization_no, kind, target, created, watch_no)
) {clustered};

-- What matching knows of a watch.  `since`: from when on it asks for what it asks for now; what fitted before that is
-- no news.  `until`: its end.  `counts`: whether the state of its asset requirement lets it count.  `told_until`: the
-- end of which the responsible agent needs no telling any more.
CREATE TABLE watch_states (
    organization_no {bigint} NOT NULL,
    watch_id {bytes} NOT NULL,
    since {bigint} NOT NULL,
    until {bigint} NOT NULL,
    counts {bigint} NOT NULL,
    timing TEXT NOT NULL,
    title TEXT NOT NULL,
    criteria TEXT NOT NULL,
    told_until {bigint} NOT NULL,
    extension_key {bytes},
    PRIMARY KEY (organization_no, watch_id)
) {clustered};
CREATE INDEX watch_states_by_extension_key ON watch_states (extension_key);

-- Each match, once and for all.
CREATE TABLE watch_matches (
    organization_no {bigint} NOT NULL,
    watch_id {bytes} NOT NULL,
    realty_id {bytes} NOT NULL,
    matched {bigint} NOT NULL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (organization_no, watch_id, realty_id)
) {clustered};
CREATE INDEX watch_matches_of_realty ON watch_matches (organization_no, realty_id, watch_id);

-- Up to which of its versions a realty was held against the watches.
CREATE TABLE matched_realties (
    organization_no {bigint} NOT NULL,
    realty_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    PRIMARY KEY (organization_no, realty_id)
) {clustered};
