/** The tables of auth, as numbered scripts; one that was released is never changed. Run by umzug, in one transaction under a lock. */
import { Umzug } from 'umzug';
import type { Database, Queries } from './ports.ts';

const scripts: Readonly<Record<string, string>> = {
  '0001-accounts': `
    CREATE TABLE accounts (
      user_id uuid PRIMARY KEY,
      username text NOT NULL,
      username_lower text NOT NULL UNIQUE,
      email text,
      email_lower text UNIQUE,
      password_hash text NOT NULL,
      display_name text NOT NULL,
      avatar_url text,
      bio text NOT NULL DEFAULT '',
      status_text text NOT NULL DEFAULT '',
      created_at_ms bigint NOT NULL,
      deleted_at_ms bigint
    );
    -- The beginnings by which people are found: their username and the words of their display name, in lower case.
    CREATE TABLE account_words (
      word text NOT NULL,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      PRIMARY KEY (word, user_id)
    );
    CREATE INDEX account_words_prefix ON account_words (word text_pattern_ops);
    CREATE TABLE sessions (
      session_id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      device_name text NOT NULL,
      device_platform text NOT NULL,
      created_at_ms bigint NOT NULL,
      last_used_at_ms bigint NOT NULL,
      revoked_at_ms bigint
    );
    CREATE INDEX sessions_user ON sessions (user_id) WHERE revoked_at_ms IS NULL;
    -- SHA-256 of each token; the next one follows from the one before by a key, so none is kept in clear.
    CREATE TABLE refresh_tokens (
      token_hash bytea PRIMARY KEY,
      session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
      created_at_ms bigint NOT NULL,
      used_at_ms bigint
    );
    CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
    CREATE TABLE signing_keys (
      key_id text PRIMARY KEY,
      public_jwk text NOT NULL,
      private_sealed bytea NOT NULL,
      created_at_ms bigint NOT NULL
    );
    -- Records of clatter.accounts that wait to be appended: written with what they tell of, sent after the commit.
    CREATE TABLE account_outbox (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id uuid NOT NULL,
      record bytea NOT NULL
    );`,
  '0002-traces': `
    -- Of what made the change; its record carries it on.
    ALTER TABLE account_outbox ADD COLUMN traceparent text;`,
  '0003-late-refreshes': `
    -- A token whose answer was lost is answered again with another successor; the one before, if it ever comes, was not lost but stolen.
    ALTER TABLE refresh_tokens ADD COLUMN late_answers integer NOT NULL DEFAULT 0, ADD COLUMN replaced boolean NOT NULL DEFAULT false;`,
  '0020-addresses': `
    -- The keys that seal personal columns and find by them, sealed themselves: see data-keys.ts.
    CREATE TABLE data_keys (
      key_id text PRIMARY KEY,
      use text NOT NULL,
      sealed text NOT NULL,
      created_at_ms bigint NOT NULL
    );
    -- E-mail addresses and phone numbers, sealed: of each kind one that is verified, and one that its owner wants to be. Those of accounts
    -- (email, email_lower) are emptied into it at start. A key that a value is sealed with cannot be dropped.
    CREATE TABLE addresses (
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      kind text NOT NULL,
      verified boolean NOT NULL,
      sealed text NOT NULL,
      lookup bytea NOT NULL,
      created_at_ms bigint NOT NULL,
      key_id text GENERATED ALWAYS AS (split_part(sealed, '.', 2)) STORED REFERENCES data_keys,
      PRIMARY KEY (user_id, kind, verified)
    );
    CREATE UNIQUE INDEX addresses_verified_key ON addresses (kind, lookup) WHERE verified;
    CREATE INDEX addresses_lookup ON addresses (kind, lookup);`,
  '0021-mails': `
    -- Codes that were sent to people: the code itself follows from its id by a key, and is nowhere.
    CREATE TABLE codes (
      code_id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      purpose text NOT NULL,
      tries integer NOT NULL DEFAULT 0,
      expires_at_ms bigint NOT NULL
    );
    CREATE INDEX codes_user ON codes (user_id, purpose);
    CREATE INDEX codes_expiry ON codes (expires_at_ms);
    -- Mails and text messages that wait to be sent, sealed: written with what they tell of, sent after the commit.
    CREATE TABLE mail_outbox (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id uuid REFERENCES accounts ON DELETE CASCADE,
      sealed text NOT NULL,
      tries integer NOT NULL DEFAULT 0,
      due_at_ms bigint NOT NULL,
      expires_at_ms bigint NOT NULL,
      key_id text GENERATED ALWAYS AS (split_part(sealed, '.', 2)) STORED REFERENCES data_keys
    );
    CREATE INDEX mail_outbox_due ON mail_outbox (due_at_ms);`,
  '0030-people': `
    -- What a person shows and allows; no row: the defaults (privacy.ts).
    CREATE TABLE privacy (
      user_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
      presence text NOT NULL,
      avatar text NOT NULL,
      bio text NOT NULL,
      status_text text NOT NULL,
      messages text NOT NULL,
      groups text NOT NULL,
      in_directory boolean NOT NULL
    );
    -- Each change between two people has a number, so that whoever hears of two knows which was later.
    CREATE SEQUENCE block_numbers;
    CREATE TABLE blocks (
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      blocked_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      number bigint NOT NULL,
      blocked_at_ms bigint NOT NULL,
      PRIMARY KEY (user_id, blocked_id)
    );
    CREATE INDEX blocks_newest ON blocks (user_id, number);
    CREATE INDEX blocks_blocked ON blocks (blocked_id);
    CREATE TABLE contacts (
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      contact_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      name text NOT NULL,
      added_at_ms bigint NOT NULL,
      PRIMARY KEY (user_id, contact_id)
    );
    CREATE INDEX contacts_contact ON contacts (contact_id);
    -- For the operator. Who reported stays while the report does, so that its subject is known where the reporter has gone.
    CREATE TABLE reports (
      report_id uuid PRIMARY KEY,
      user_id uuid NOT NULL,
      reported_id uuid NOT NULL,
      reason text NOT NULL,
      note text NOT NULL,
      conversation_id uuid,
      seq bigint,
      content text,
      reported_at_ms bigint NOT NULL
    );
    CREATE INDEX reports_time ON reports (reported_at_ms);
    CREATE TABLE consents (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      purpose text NOT NULL,
      version text NOT NULL,
      given boolean NOT NULL,
      at_ms bigint NOT NULL
    );
    CREATE INDEX consents_user ON consents (user_id, number);`,
  '0040-audit': `
    -- Rows are added and, when they are old enough, dropped: see audit.ts. Whatever else is tried fails.
    CREATE TABLE audit (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at_ms bigint NOT NULL,
      action text NOT NULL,
      actor_kind text NOT NULL,
      actor_id text NOT NULL,
      user_id uuid,
      target text NOT NULL,
      address text NOT NULL
    );
    CREATE INDEX audit_user ON audit (user_id, number DESC);
    CREATE INDEX audit_at ON audit (at_ms);
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          IF OLD.at_ms < coalesce(nullif(current_setting('clatter.audit_before_ms', true), ''), '0')::bigint THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$;
    CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
    CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
    -- A key of each person, sealed with a data key: dropped when they are erased.
    CREATE TABLE person_keys (
      user_id uuid PRIMARY KEY,
      sealed text NOT NULL,
      key_id text GENERATED ALWAYS AS (split_part(sealed, '.', 2)) STORED REFERENCES data_keys
    );`,
  '0060-factors': `
    -- When its holder last proved who they are.
    ALTER TABLE sessions ADD COLUMN proved_at_ms bigint NOT NULL DEFAULT 0;
    -- One-time codes: the secret, sealed, and the newest step whose code was used.
    CREATE TABLE totp (
      user_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
      secret_sealed text NOT NULL,
      confirmed boolean NOT NULL,
      last_step bigint NOT NULL,
      created_at_ms bigint NOT NULL,
      key_id text GENERATED ALWAYS AS (split_part(secret_sealed, '.', 2)) STORED REFERENCES data_keys
    );
    -- Blind indexes of those that were not used.
    CREATE TABLE recovery_codes (
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      code_lookup bytea NOT NULL,
      PRIMARY KEY (user_id, code_lookup)
    );
    -- Logins that wait for a second factor. The SHA-256 of the hash of the password that was right: another password ends them.
    CREATE TABLE mfa_logins (
      token_hash bytea PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      device_name text NOT NULL,
      device_platform text NOT NULL,
      password_sha256 bytea NOT NULL,
      tries bigint NOT NULL,
      expires_at_ms bigint NOT NULL
    );
    CREATE INDEX mfa_logins_user ON mfa_logins (user_id);`,
  '0061-passkeys': `
    CREATE TABLE passkeys (
      passkey_id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      credential_id text NOT NULL UNIQUE,
      public_key bytea NOT NULL,
      counter bigint NOT NULL,
      transports text NOT NULL,
      name text NOT NULL,
      backed_up boolean NOT NULL,
      created_at_ms bigint NOT NULL,
      last_used_at_ms bigint NOT NULL
    );
    CREATE INDEX passkeys_user ON passkeys (user_id);
    -- What browsers were asked to sign, each for one answer. Without a person: for a login.
    CREATE TABLE passkey_challenges (
      challenge_hash bytea PRIMARY KEY,
      purpose text NOT NULL,
      user_id uuid REFERENCES accounts ON DELETE CASCADE,
      expires_at_ms bigint NOT NULL
    );
    CREATE INDEX passkey_challenges_expiry ON passkey_challenges (expires_at_ms);`,
  '0062-identities': `
    -- Whom another place knows by its subject.
    CREATE TABLE identities (
      provider text NOT NULL,
      subject text NOT NULL,
      user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
      created_at_ms bigint NOT NULL,
      PRIMARY KEY (provider, subject),
      UNIQUE (user_id, provider)
    );
    -- Logins elsewhere that were begun, and the codes that they ended with: each is taken once.
    CREATE TABLE sso_flows (
      state_hash bytea PRIMARY KEY,
      provider text NOT NULL,
      secret_hash bytea NOT NULL,
      by_cookie boolean NOT NULL,
      return_url text NOT NULL,
      user_id uuid REFERENCES accounts ON DELETE CASCADE,
      expires_at_ms bigint NOT NULL
    );
    CREATE TABLE sso_codes (
      code_hash bytea PRIMARY KEY,
      secret_hash bytea NOT NULL,
      provider text NOT NULL,
      subject text NOT NULL,
      name text NOT NULL,
      user_id uuid REFERENCES accounts ON DELETE CASCADE,
      expires_at_ms bigint NOT NULL
    );`,
};

export const migrationNames: readonly string[] = Object.keys(scripts);

/** Brings the tables up to date. Several processes may call it at once. */
export function migrate(database: Database): Promise<void> {
  return database.transaction(async (queries) => {
    await queries.query('SELECT pg_advisory_xact_lock(7101)');
    await queries.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)');
    const umzug = new Umzug<Queries>({
      migrations: Object.entries(scripts).map(([name, sql]) => ({
        name,
        up: async ({ context }) => void (await context.query(sql)),
      })),
      context: queries,
      logger: undefined,
      storage: {
        logMigration: async ({ name, context }) =>
          void (await context.query('INSERT INTO migrations VALUES ($1)', [name])),
        unlogMigration: async ({ name, context }) =>
          void (await context.query('DELETE FROM migrations WHERE name = $1', [name])),
        executed: async ({ context }) =>
          (await context.query<{ name: string }>('SELECT name FROM migrations ORDER BY name')).map((row) => row.name),
      },
    });
    await umzug.up();
  });
}
