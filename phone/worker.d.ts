// What the server writes before the worker, and the scope it runs in.

declare const BUILD: string;
declare const FILES: string[];
declare var self: ServiceWorkerGlobalScope;
