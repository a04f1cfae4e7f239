package check

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHeader(t *testing.T) {
	const secret = "s3cret"
	for _, row := range []struct{ name, value, shown, rule string }{
		{"X-API-Version", "1.0", "X-API-Version", ""},
		{"x-astro-client-identifier", "my-pipeline, v2", "x-astro-client-identifier", ""},
		{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "traceparent", ""},
		{"Accept-Language", "en", "Accept-Language", ""},
		{"X-" + strings.Repeat("a", 62), strings.Repeat("a", 4096), "X-" + strings.Repeat("a", 62), ""},

		{"Authorization", secret, "Authorization", "use WithToken"},
		{"aUTHORIZATION", secret, "aUTHORIZATION", "use WithToken"},
		{"Cookie", secret, "Cookie", "Jar"},
		{"host", secret, "host", "use WithBaseURL"},
		{"user-agent", secret, "user-agent", "use WithUserAgent"},
		{"IDEMPOTENCY-KEY", secret, "IDEMPOTENCY-KEY", "for one request"},
		{"X-Idempotency-Key", secret, "X-Idempotency-Key", "for one request"},
		{"If-None-Match", secret, "If-None-Match", "for one request"},
		{"range", secret, "range", "for one request"},
		{"X-HTTP-Method-Override", secret, "X-HTTP-Method-Override", "for one request"},
		{"accept", secret, "accept", "the client sets it"},
		{"Accept-Encoding", secret, "Accept-Encoding", "the client sets it"},
		{"content-type", secret, "content-type", "the client sets it"},
		{"Content-Length", secret, "Content-Length", "the client sets it"},
		{"Content-Encoding", secret, "Content-Encoding", "the client sets it"},
		{"Expect", secret, "Expect", "the client sets it"},
		{"connection", secret, "connection", "the Transport of WithHTTPClient"},
		{"keep-alive", secret, "keep-alive", "the Transport of WithHTTPClient"},
		{"http2-settings", secret, "http2-settings", "the Transport of WithHTTPClient"},
		{"Proxy-Authorization", secret, "Proxy-Authorization", "the Transport of WithHTTPClient"},
		{"proxy-connection", secret, "proxy-connection", "the Transport of WithHTTPClient"},
		{"TE", secret, "TE", "the Transport of WithHTTPClient"},
		{"trailer", secret, "trailer", "the Transport of WithHTTPClient"},
		{"transfer-encoding", secret, "transfer-encoding", "the Transport of WithHTTPClient"},
		{"upgrade", secret, "upgrade", "the Transport of WithHTTPClient"},

		{"", secret, "", "such as X-Astro-Client-Identifier"},
		{"X Name", secret, "", "such as X-Astro-Client-Identifier"},
		{"X-Name:", secret, "", "such as X-Astro-Client-Identifier"},
		{"X-Näme", secret, "", "such as X-Astro-Client-Identifier"},
		{"X-Name\r\nX-Evil", secret, "", "such as X-Astro-Client-Identifier"},
		{":authority", secret, "", "such as X-Astro-Client-Identifier"},
		{strings.Repeat("s3cret", 20), "X", "", "at most 64 characters, not 120"},

		{"X-Name", "", "X-Name", "check that its variable is set"},
		{"X-Name", " ", "X-Name", "white space"},
		{"X-Name", secret + "\n", "X-Name", "white space"},
		{"X-Name", "\t" + secret, "X-Name", "white space"},
		{"X-Name", "a\r\nX-Evil: " + secret, "X-Name", "printable ASCII"},
		{"X-Name", "a\tb", "X-Name", "printable ASCII"},
		{"X-Name", "é", "X-Name", "printable ASCII"},
		{"X-Name", strings.Repeat(secret, 1000), "X-Name", "at most 4096 bytes, not 6000"},
	} {
		shown, rule := Header(row.name, row.value)
		assert.Equal(t, row.shown, shown, row.name)
		assert.Equal(t, row.rule == "", rule == "", "%q: %q: %s", row.name, row.value, rule)
		assert.Contains(t, rule, row.rule, row.name)
		assert.NotContains(t, rule+shown, secret)
	}
}
