-- Registers of platforms that the operator loaded, newest last; the one that comes with the program has no row.
CREATE TABLE registers (
    version BIGINT PRIMARY KEY,
    -- Day of the public list.
    as_of TEXT NOT NULL,
    -- Day of the register that the program came with then: a newer one of a later program is not hidden by this one.
    program_as_of TEXT NOT NULL,
    data TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);
