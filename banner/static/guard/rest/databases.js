// Databases of held names.

/**
 * A database of a held name is opened, and taken back before the page hears of it: the request fails with an
 * AbortError of the browser's own, and a database that was made is gone with it (Indexed DB 3.0, "abort an upgrade").
 */
export function opensDatabase(request, factory) {
  const stop = (event) => {
    event.stopImmediatePropagation();
    if (!request.transaction) return request.result.close();
    const { name } = request.result;
    request.transaction.abort();
    // WebKit keeps the name, with nothing in it.
    if (!event.oldVersion) factory.deleteDatabase(name);
  };
  for (const name of ['upgradeneeded', 'success']) request.addEventListener(name, stop);
  return [request];
}
