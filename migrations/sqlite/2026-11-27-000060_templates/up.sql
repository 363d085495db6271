-- Texts of relances that a firm made its own. The words stand in the versions: each save is one.
CREATE TABLE templates (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    tone TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    -- The text of the product that it began as, with its version; empty when it began otherwise.
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX templates_by_cabinet ON templates (cabinet_id, id);

CREATE TABLE template_versions (
    template_id TEXT NOT NULL REFERENCES templates (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    tone TEXT NOT NULL,
    -- Subject and body in each language, as JSON.
    words TEXT NOT NULL,
    -- Why it was saved.
    note TEXT NOT NULL,
    user_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (template_id, version)
);
