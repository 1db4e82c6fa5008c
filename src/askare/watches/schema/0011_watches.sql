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
    PRIMARY KEY (organization_no, place, watch_id, entry)
) {clustered};
-- By the watch alone: with the organization before it, SQLite would rather go through all of the organization.
CREATE INDEX watch_criteria_of_watch ON watch_criteria (watch_id);
