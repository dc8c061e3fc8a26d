/**
 * What the LAN's gateway shows to browsers: a page that reads well in a terminal, too.
 *
 * @module
 */

const page = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Octet</title>
</head>
<body>
  <h1>It works</h1>
  <p>This page came through a TCP/IP stack written in TypeScript, from a
  server on another one, over an Ethernet in memory.</p>
  <p>No kernel socket was opened on the way:</p>
  <ul>
    <li>DHCP gave you an address, 10.77.0.50 or above.</li>
    <li>ARP found the gateway, 10.77.0.1.</li>
    <li>DNS knew the name: all of *.octet.test is here.</li>
    <li>NTP tells the time, at time.octet.test.</li>
    <li>TCP and HTTP carried what you read.</li>
  </ul>
</body>
</html>
`;

/** Makes the gateway's handler: one page at `/`. */
export function gatewayHandler(): (request: Request) => Response {
  return (request) => {
    const { pathname } = new URL(request.url);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead) return text(405, "Only GET and HEAD are here\n", { allow: "GET, HEAD" });
    if (pathname !== "/") return text(404, "Only / is here\n");
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  };
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}
