// What the server writes before the worker.

declare const BUILD: string;
declare const STATIC: string;
declare const FILES: string[];
declare const WORDS: Record<"en" | "es", Record<string, string>>;
