// What the server writes before the worker.

declare const BUILD: string;
declare const FILES: string[];
