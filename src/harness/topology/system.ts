import type { Capability } from '../../contract/capabilities.ts';

/** A system's manifest (`system.yml`), read and checked. The tester knows a system only from this. */
export interface SystemManifest {
  readonly name: string;
  readonly version: string;
  /** Folder the manifest lies in; its `compose.yml` defines the services `relay` and `node`. */
  readonly folder: string;
  readonly can: readonly Capability[];
  readonly images: { readonly test: SystemImages; readonly release: SystemImages };
  readonly relay: {
    readonly port: number;
    readonly transport: 'tcp';
    /** What must be undone in captures before records can be told apart. */
    readonly framing: 'none' | 'records-u16';
    readonly dataDirectory: string;
    /** On the control-only address; null where a system has none. */
    readonly pages: {
      readonly port: number;
      readonly health: string | null;
      readonly metrics: string | null;
      readonly stats: string | null;
      /** A POST to it makes the relay clean up now, and is answered when that is done. */
      readonly cleanUp: string | null;
      /** JSON page whose field `relay_id` names the relay; appended to addresses as `host:port/ID`. */
      readonly identity: string | null;
    } | null;
    /** Null: log lines are free text and only searched. Else event name → field name → kind. */
    readonly logEvents: Readonly<Record<string, Readonly<Record<string, string>>>> | null;
    readonly database: { readonly file: string; readonly rows: string } | null;
  };
  readonly node: {
    readonly dataDirectory: string;
    /** `items`: a query whose columns are item, author, sequence, cursor, body, deleted. */
    readonly database: { readonly file: string; readonly items: string } | null;
  };
}

export interface SystemImages {
  readonly relay: string;
  readonly node: string;
}
