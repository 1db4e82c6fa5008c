-- `listed` is when the realty was listed, or else taken in.  No office: sixteen zeros.
CREATE TABLE realties (
    realty_no {serial},
    organization_no {bigint} NOT NULL,
    realty_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    status TEXT NOT NULL,
    property_type TEXT NOT NULL,
    friendly_id TEXT NOT NULL,
    office_id {bytes} NOT NULL,
    listed {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, realty_id)
) {strict};
CREATE INDEX realties_by_listed ON realties (organization_no, listed, realty_id, status, property_type, office_id);
CREATE INDEX realties_by_modified ON realties (organization_no, modified, realty_id, status, property_type, office_id);
CREATE INDEX realties_by_office ON realties (organization_no, office_id, listed, realty_id, status, property_type);
CREATE INDEX realties_by_office_modified ON realties (organization_no, office_id, modified, realty_id);
CREATE INDEX realties_by_friendly_id ON realties (organization_no, friendly_id);
{shelf realty listed}
