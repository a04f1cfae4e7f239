package check

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const example = "https://api.astronomer.io"

var paths = []string{"/platform/v1beta1", "/v1"}

func TestBaseURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://api.astronomer.io":         "https://api.astronomer.io/v1",
		"https://api.astronomer.io/":        "https://api.astronomer.io/v1",
		"HTTPS://api.astronomer.io":         "https://api.astronomer.io/v1",
		"https://gateway.example/astro":     "https://gateway.example/astro/v1",
		"https://gateway.example/astro/":    "https://gateway.example/astro/v1",
		"https://gateway.example/a%2Fb//c/": "https://gateway.example/a%2Fb/c/v1",
		"http://localhost:8888":             "http://localhost:8888/v1",
		"http://LOCALHOST:8888":             "http://LOCALHOST:8888/v1",
		"http://127.0.0.1:1":                "http://127.0.0.1:1/v1",
		"http://[::1]:1":                    "http://[::1]:1/v1",
	} {
		parsed, rule, _ := BaseURL(given, example, paths...)
		require.Empty(t, rule, given)
		assert.Equal(t, want, parsed.JoinPath("/v1").String(), given)
	}
	for given, hint := range map[string]string{
		"":                                "must not be empty",
		"api.astronomer.io":               "start with https://",
		"//api.astronomer.io":             "start with https://",
		"localhost:8888":                  "start with https://",
		"ftp://api.astronomer.io":         "start with https://",
		"https://":                        "start with https://",
		"https://:443":                    "start with https://",
		"https:api.astronomer.io":         "start with https://",
		"https://api.astronomer.io?a=b":   "query",
		"https://api.astronomer.io/?":     "query",
		"https://api.astronomer.io#a":     "fragment",
		"https://a:s3cret@astronomer.io":  "user or password",
		"https://s3cret:a@[::1":           "must be a URL",
		"https:me:s3cret@api.example":     "user or password",
		"s3cret@api.example":              "user or password",
		"http://api.astronomer.io":        "must be https",
		"http://127.0.0.1.evil.example":   "must be https",
		"http://localhost.evil.example":   "must be https",
		"http://10.0.0.1":                 "must be https",
		"https://api.astronomer.io/v1":    "remove /v1",
		"https://api.astronomer.io/v1/":   "remove /v1",
		example + "/platform/v1beta1":     "remove /platform/v1beta1",
		"https://api.astronomer.io/\x7f":  "must be a URL",
		"https://api.astronomer.io:port":  "must be a URL",
		"https://api.astronomer.io/%zz":   "must be a URL",
		" https://api.astronomer.io":      "white space",
		"https://api.astronomer.io\n":     "white space",
		"127.0.0.1:8888":                  "starts with https://",
		`"https://api.astronomer.io"`:     "starts with https://",
		"https://api.astronomer.io/a?s=1": "query",
	} {
		parsed, rule, quotable := BaseURL(given, example, paths...)
		assert.Nil(t, parsed)
		assert.Contains(t, rule, hint, given)
		assert.NotContains(t, rule, "s3cret")
		assert.False(t, quotable && strings.Contains(given, "s3cret"), "an error would quote the secret: %s", given)
	}
}

func TestBaseURLDropsAnEmptyPort(t *testing.T) {
	parsed, rule, _ := BaseURL("https://api.example:", example)
	require.Empty(t, rule)
	assert.Equal(t, "https://api.example", strings.TrimSuffix(parsed.String(), "/"))
}

func TestUploadURL(t *testing.T) {
	for _, good := range []string{"https://storage.example/c/b?sig=s&se=1", "http://127.0.0.1:1/c/b?sig=s", "http://localhost/c", "http://[::1]:1/c"} {
		parsed, rule := UploadURL(good, "http://127.0.0.1")
		require.Empty(t, rule, good)
		assert.Equal(t, good, parsed.String(), "the URL must be unchanged")
	}
	for given, hint := range map[string]string{
		"":                                    "is missing",
		"storage.example/a?sig=s1gned":        "exactly as the service returned it",
		"https://":                            "exactly as the service returned it",
		"https://user:s1gned@storage.example": "exactly as the service returned it",
		"https://storage.example/?a b":        "exactly as the service returned it",
		"https://storage.example/a#s1gned":    "exactly as the service returned it",
		"https://storage.example/%zz?sig=1":   "exactly as the service returned it",
		"https://storage.example/ä":           "exactly as the service returned it",
		"http://storage.example/a?sig=s1gned": "must be https",
		"ftp://127.0.0.1/a?sig=s1gned":        "must be https",
		"https://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1/a?sig=s1gned": "exactly as the service returned it", // full-width digits, which clients convert to ASCII
		"http://0.0.0.0/a?sig=s1gned":                            "must be https",
		"http://127.1/a?sig=s1gned":                              "must be https", // loopback for some resolvers only
		"http://a.localhost/a?sig=s1gned":                        "must be https",
	} {
		parsed, rule := UploadURL(given, "http://127.0.0.1")
		assert.Nil(t, parsed)
		assert.Contains(t, rule, hint, given)
		assert.NotContains(t, rule, "s1gned")
	}
}

// A response of the real API cannot make the client send anything to its own machine.
func TestUploadURLOnLoopback(t *testing.T) {
	for _, host := range []string{
		"localhost", "LOCALHOST", "localhost.", "localhost:8080", "a.localhost", "a.b.localhost.", "localhost.localdomain", "localhost6", "localhost4.localdomain4", "loopback", "ip6-localhost", "ip6-loopback",
		"127.0.0.1", "127.0.0.1:443", "127.0.0.1.", "127.255.255.254", "0.0.0.0", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "[::]", "[::1%25lo]",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0.0.0.0]",
		"127.1", "127.0.1", "127.0xffffff", "0x7f.1", "0x7f000001", "0X7F000001", "2130706433", "017700000001", "0177.0.0.1", "0", "0x0", "00.0", "127.1.",
	} {
		for _, server := range []string{"https://api.astronomer.io/platform/v1beta1/", "https://127.0.0.1.example/v1/", "https://10.0.0.1/v1/"} {
			parsed, rule := UploadURL("https://"+host+"/c/b?sig=s1gned", server)
			assert.Nil(t, parsed, host)
			assert.Contains(t, rule, "must not point to this machine", host)
			assert.NotContains(t, rule, "s1gned")
		}
		for _, server := range []string{"http://localhost:8888/v1/", "http://127.0.0.1:1/v1/", "https://[::1]/v1/", "https://astro.localhost/v1/"} {
			_, rule := UploadURL("https://"+host+"/c/b?sig=s1gned", server)
			assert.Empty(t, rule, host)
		}
	}
	for _, host := range []string{
		"storage.example", "localhost.example", "localhosts", "notlocalhost", "127.0.0.1.example", "128.0.0.1", "10.0.0.1", "[::2]", "[2001:db8::1]",
		"1.0.0.127", "127.0.0.0.1", "127.0.0.256", "0x7g000001", "4294967296", "126.1", "0xa000001", "ffff", "a.1", "astroproddagdeployment.blob.core.windows.net",
	} {
		parsed, rule := UploadURL("https://"+host+"/c/b?sig=s1gned", "https://api.astronomer.io/platform/v1beta1/")
		require.Empty(t, rule, host)
		assert.Equal(t, host, parsed.Host)
	}
}

// The token is sent only to URLs below the API's.
func TestRequestURL(t *testing.T) {
	server, err := url.Parse("https://api.example/v1")
	require.NoError(t, err)
	parse := func(address string) *url.URL {
		parsed, err := url.Parse(address)
		require.NoError(t, err)
		return parsed
	}
	assert.Empty(t, RequestURL(parse("https://api.example/v1/organizations/o?limit=1"), "", server))
	assert.Empty(t, RequestURL(parse("https://api.example/v1/organizations/o"), "api.example", server))
	for _, elsewhere := range []string{
		"https://evil.example/v1/organizations/o",
		"http://api.example/v1/organizations/o",
		"https://api.example:8443/v1/organizations/o",
		"https://api.example/organizations/o",
		"https://api.example/v1",
		"https://api.example/v1evil/organizations/o",
		"https://api.example/v1/deploys//finalize",
		"https://api.example/v1/deploys/",
		"https://api.example/v1/../steal",
		"https://api.example/v1/%2e%2e/steal",
		"https://api.example/v1/deploys/./finalize",
	} {
		assert.Contains(t, RequestURL(parse(elsewhere), "", server), "https://api.example/v1", elsewhere)
	}
	assert.Contains(t, RequestURL(parse("https://api.example/v1/o"), "evil.example", server), "https://api.example/v1", "the Host header must match, too")
	opaque := parse("https://api.example/v1/o")
	opaque.Opaque = "//evil.example/steal"
	assert.Contains(t, RequestURL(opaque, "", server), "https://api.example/v1")
	assert.Contains(t, RequestURL(nil, "", server), "must not be nil")
}
