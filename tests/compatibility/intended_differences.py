# SPDX-License-Identifier: Apache-2.0
"""Where the library and client-go differ on intended: what is refused here and
not there, with the library's text, and what is taken here and not there, with
client-go's. Each has its reason. Nothing else may differ."""

from typing import Callable, NamedTuple


class IntendedDifference(NamedTuple):
    id: str  # a seed shows it: "!id" if it is refused here, "+id" if it is taken
    text: str  # the refusal's, a pattern
    reason: str
    field: str = ""  # for docs/compatibility.md
    when: Callable = lambda theirs: True


REFUSED = [
    IntendedDifference("proxy-form", "proxy-url (names|has|does)", "no proxy can be reached by it",
                       "proxy-url without a host, or with one beyond ASCII",
                       lambda theirs: theirs.get("proxy")),
    IntendedDifference("http", "server's URL .*does not begin with https://",
                       "a token would cross the network for anybody to read",
                       "server by http, or without a scheme",
                       lambda theirs: not theirs["server"].startswith("https://")),
    IntendedDifference("http-user", "user |insecure-skip", "client-go looks at neither user nor CA of such a server",
                       "a user or a cluster that is refused, of a server by http",
                       lambda theirs: not theirs["server"].startswith("https://")),
    IntendedDifference("userinfo", "server's URL .*has a user or a password in it",
                       "Kubernetes has removed such logins",
                       "server with a login", lambda theirs: True),
    IntendedDifference("fragment", "server's URL .*has a '#' in it",
                       "nothing sends it; it is a comment that went wrong", "server with a '#'"),
    IntendedDifference("host", "server's URL .*host with other characters than names have",
                       "no name service has such a host", "server beyond ASCII"),
    IntendedDifference("no-host", "server's URL .*names no host", "client-go would dial this machine",
                       "server without a host"),
    IntendedDifference("nul-path", "server's URL .*a '%' in its path", "no API server has such a path",
                       "server with %00 in its path"),
    IntendedDifference("insecure", "insecure-skip-tls-verify is refused",
                       "anybody between could give the answers, and make two leaders",
                       "insecure-skip-tls-verify: true", lambda theirs: theirs.get("insecure")),
    IntendedDifference("name", "tls-server-name is neither", "no certificate has such a name",
                       "tls-server-name that is no name"),
    IntendedDifference("login", "username and password are not supported", "Kubernetes has removed them",
                       "username, password",
                       lambda theirs: theirs.get("basic")),
    IntendedDifference("impersonation", "impersonation ",
                       "whom the lock belongs to must not depend on who may act for whom",
                       "as, as-uid, as-groups, as-user-extra", lambda theirs: theirs.get("impersonate")),
    IntendedDifference("provider", "auth-provider is not supported",
                       "Kubernetes has removed all but one; exec replaces it", "auth-provider"),
    IntendedDifference("anonymous", "has no credentials", "nobody can hold a lock without a name",
                       "a user without credentials",
                       lambda theirs: theirs.get("anonymous")),
    IntendedDifference("no-user", "names no user|has no user",
                       "nobody can hold a lock without a name; client-go asks as nobody", "a user that is absent",
                       lambda theirs: theirs.get("anonymous")),
    IntendedDifference("no-cluster", "has no cluster|names no cluster",
                       "its CA and its proxy would be lost in silence; client-go lets --server stand alone",
                       "option server with a cluster that is absent"),
    IntendedDifference("no-context", "has no current-context|no kubeconfig: KUBECONFIG names|kubeconfig .* is empty",
                       "entries that have no name would be taken by chance", "no current-context"),
    IntendedDifference("token-form", "does not hold one token", "servers read one word",
                       "a token with blanks, or beyond ASCII"),
    IntendedDifference("extension", "wants the cluster's extension", "it is not handed to the plugin yet",
                       "exec.provideClusterInfo with extension",
                       lambda theirs: (theirs.get("exec") or {}).get("extra")),
    IntendedDifference("bounds", "too many or too deep entries|names more than 32 files|is larger than",
                       "a kubeconfig has no such size; it protects the host program's memory",
                       "more than 32 files, 32 levels, 1024 keys in a map, 200,000 values or 1 MiB"),
    IntendedDifference("no-text", "holds bytes that are no text",
                       "nothing that a kubeconfig names has a NUL, or is no UTF-8", "NUL in a value"),
    IntendedDifference("mark", "holds a byte order mark", "it hides a key from one reader and not from the other",
                       "U+FEFF behind the file's begin"),
    IntendedDifference("pem", "client (certificate|key) .*(has no \"|is encrypted|is empty)",
                       "client-go finds out in its first handshake",
                       "files of certificates and keys that are none"),
    IntendedDifference("bytes", "-data needs a text, and this is a list", "nobody writes a PEM text as numbers",
                       "a list of bytes under a key with -data"),
    IntendedDifference("yaml", "it is not valid YAML",
                       "libyaml holds tags to the letter, as Go's older reader does not", "tags with brackets in them"),
]

ACCEPTED = [
    IntendedDifference("tls", ".",
                       "only TLS can tell: the first connection fails and says so, and the file may still be written "
                       "anew",
                       "certificates and keys that do not fit", lambda theirs: theirs.get("late")),
    IntendedDifference("token-newline", "cannot be sent in a header",
                       "the newline at the end of a token was never meant", "a token with a newline at its end"),
    IntendedDifference("yaml", r"yaml: (line \d+: )?(found|did not find|cannot decode !!int)",
                       "libyaml reads YAML 1.2, of which Go's older reader lacks some",
                       "forms of YAML 1.2"),
]
