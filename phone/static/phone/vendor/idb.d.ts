export interface Store {
  get(key: IDBValidKey): Promise<any>;
  getAll(range?: IDBKeyRange): Promise<any[]>;
  getAllKeys(): Promise<IDBValidKey[]>;
  count(): Promise<number>;
  put(value: unknown, key?: IDBValidKey): Promise<IDBValidKey>;
  delete(key: IDBValidKey | IDBKeyRange): Promise<void>;
}
export interface Transaction {
  readonly done: Promise<void>;
  objectStore(name: string): Store;
  abort(): void;
}
export interface Database {
  transaction(stores: readonly string[], mode: IDBTransactionMode, options?: { durability: "strict" }): Transaction;
  createObjectStore(name: string, options?: IDBObjectStoreParameters): unknown;
  close(): void;
}
export function openDB(
  name: string,
  version: number,
  callbacks: {
    upgrade(database: Database, oldVersion: number): void;
    blocking(): void;
    terminated(): void;
  },
): Promise<Database>;
