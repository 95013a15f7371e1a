-- Who may read which team: an example for PostgreSQL 15 and later. Run it once, as the user who exports; then tell who sees
-- whom, for instance: INSERT INTO access.viewer SELECT 'maya', team_key FROM callgrade.dim_team WHERE team = 'North';
-- A reader without a line in access.viewer sees figures of all teams together and no others. Views follow the same rule.
CREATE SCHEMA IF NOT EXISTS access;
CREATE TABLE IF NOT EXISTS access.viewer (db_user TEXT, team_key BIGINT, PRIMARY KEY (db_user, team_key));
DO $$
DECLARE own TEXT; extra TEXT;
BEGIN
    FOR own IN SELECT table_name FROM information_schema.columns
               WHERE table_schema = 'callgrade' AND column_name = 'team_key' AND table_name !~ '^v_' LOOP
        extra := CASE own WHEN 'fact_kpi' THEN ' OR level_of = ''org''' ELSE '' END;
        EXECUTE format('ALTER TABLE callgrade.%I ENABLE ROW LEVEL SECURITY', own);
        EXECUTE format('DROP POLICY IF EXISTS own_team ON callgrade.%I', own);
        EXECUTE format('CREATE POLICY own_team ON callgrade.%I FOR SELECT USING (team_key IN '
                       '(SELECT team_key FROM access.viewer WHERE db_user = current_user)%s)', own, extra);
    END LOOP;
END $$;
