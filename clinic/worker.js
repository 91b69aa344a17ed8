// Shows staff what Amble says while no page is open, and brings them to the desk. It keeps nothing and answers for no page.

self.addEventListener("push", (event) => {
  const { title, body, tag, navigate } = said(event);
  const options = { body, tag, renotify: Boolean(tag), requireInteraction: true, data: { url: navigate } };
  event.waitUntil(self.registration.showNotification(title ?? "Please open Amble now", options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? "/"));
});

/** The declarative form: as data, or already read by a browser that knows it. A push that nobody can read still shows. */
function said(event) {
  try {
    return event.data?.json().notification ?? event.notification ?? {};
  } catch {
    return {};
  }
}

/** A page of the desk that is open may hold a draft: it comes to the front as it is. */
async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const desk = pages.find((page) => !new URL(page.url).pathname.startsWith("/app/"));
  return desk ? desk.focus() : self.clients.openWindow(url);
}
