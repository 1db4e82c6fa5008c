CREATE TABLE realties (
    realty_no {serial},
    organization_no {bigint} NOT NULL,
    realty_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, realty_id)
) {strict};
