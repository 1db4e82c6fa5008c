-- The running number that an organization gave to an appeal last.  Numbers were those of the rows before, and stay.
CREATE TABLE appeal_numbers (
    organization_no {bigint} PRIMARY KEY,
    last {bigint} NOT NULL
) {strict};
INSERT INTO appeal_numbers (organization_no, last)
    SELECT organization_no, max(appeal_no) FROM appeals GROUP BY organization_no;
