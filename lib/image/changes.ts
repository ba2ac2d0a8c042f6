/**
 * What an update of a repository changed: file by file, object by object.
 *
 * @module
 */

/** Which object a value belongs to; parts that its file does not name are empty. */
export interface ObjectIdentity {
  /** Group and version: `apps/v1`. */
  readonly apiVersion: string;
  /** `Deployment` */
  readonly kind: string;
  /** `metadata.namespace` */
  readonly namespace: string;
  /** `metadata.name` */
  readonly name: string;
}

/** One value that gave way to another. */
export interface Change {
  /** What was asked for: `ns:policy`, `ns:policy:tag`. */
  readonly setter: string;
  /** What stood there. */
  readonly oldValue: string;
  /** What stands there now. */
  readonly newValue: string;
}

/** What changed in one object of one file. */
export interface ObjectChanges {
  /** Relative to the folder of the update. */
  readonly file: string;
  /** The object. */
  readonly object: ObjectIdentity;
  /** In the order of the file. */
  readonly changes: readonly Change[];
}

/** Collects changes; those of one object in one file go together. */
export class ChangeList {
  readonly #byObject = new Map<string, ObjectChanges & { changes: Change[] }>();

  /** Adds a change of `object` in `file`. */
  add(file: string, object: ObjectIdentity, change: Change): void {
    const { apiVersion, kind, namespace, name } = object;
    const key = JSON.stringify([file, apiVersion, kind, namespace, name]);
    const found = this.#byObject.get(key);
    if (found === undefined) this.#byObject.set(key, { file, object, changes: [change] });
    else found.changes.push(change);
  }

  /** What was added, in the order it first came. */
  get all(): readonly ObjectChanges[] {
    return [...this.#byObject.values()];
  }
}
