package astrotest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

func TestUploadURLFormat(t *testing.T) {
	server := NewServer()
	defer server.Close()
	deployment := server.AddDeployment(Deployment{DAGDeploys: true})
	add := func() (dags, bundle string) {
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeBundle})
		return deploy.DAGsUploadURL.Reveal(), deploy.BundleUploadURL.Reveal()
	}
	dags, bundle := add()
	others, _ := add()
	for _, address := range []string{dags, bundle, others} {
		assert.Regexp(t, `^`+regexp.QuoteMeta(server.URL)+`/storage/(dags|bundles)/`+deployment.ID+
			`\?sv=2022-11-02&se=20\d\d-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ&sr=b&sp=cw&sig=astrotest-signature%2B%2F[\w%]+%3D$`, address)
	}
	signature := func(address string) string { _, sig, _ := strings.Cut(address, "&sig="); return sig }
	assert.NotEqual(t, signature(dags), signature(bundle))
	assert.NotEqual(t, signature(dags), signature(others))
	path := func(address string) string { path, _, _ := strings.Cut(address, "?"); return path }
	assert.NotEqual(t, path(dags), path(bundle))
	assert.Equal(t, path(dags), path(others), "deploys of a Deployment share a blob")

	off := server.AddDeployment(Deployment{})
	none := server.AddDeploy(api.Deploy{DeploymentID: off.ID, Type: api.DeployTypeBundle})
	assert.Nil(t, none.DAGsUploadURL)
	assert.Nil(t, none.BundleUploadURL)
}

// A signature is valid only for its own URL.
func TestUploadURLsMustBeUsedAsIssued(t *testing.T) {
	server := NewServer()
	defer server.Close()
	issued, err := url.Parse(newUploadURL(server))
	require.NoError(t, err)
	changed := func(name, value string) string {
		query := issued.Query()
		query.Set(name, value)
		address := *issued
		address.RawQuery = query.Encode()
		return address.String()
	}
	for name, row := range map[string]struct {
		url    string
		status int
	}{
		"as issued":           {issued.String(), 201},
		"in another order":    {changed("sv", issued.Query().Get("sv")), 201},
		"one more parameter":  {changed("timeout", "90"), 201},
		"another version":     {changed("sv", "2024-11-04"), 403},
		"valid for longer":    {changed("se", "2099-01-01T00:00:00Z"), 403},
		"more permissions":    {changed("sp", "rcw"), 403},
		"another resource":    {changed("sr", "c"), 403},
		"another signature":   {changed("sig", "astrotest-signature"), 403},
		"no signature":        {changed("sig", ""), 403},
		"escaped twice":       {strings.ReplaceAll(issued.String(), "%", "%25"), 403},
		"not escaped":         {strings.ReplaceAll(issued.String(), "%2B", "+"), 403},
		"another's blob":      {strings.Replace(issued.String(), issued.Path, mustParse(t, newUploadURL(server)).Path, 1), 403},
		"another's signature": {changed("sig", mustParse(t, newUploadURL(server)).Query().Get("sig")), 403},
	} {
		response := put(t, row.url, "body")
		assert.Equal(t, row.status, response.StatusCode, name)
		if row.status == 403 {
			assert.Equal(t, "AuthenticationFailed", response.Header.Get("x-ms-error-code"))
			assert.NotContains(t, response.body, "time frame")
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	return parsed
}

func TestUploadURLsExpire(t *testing.T) {
	for name, row := range map[string]struct {
		options   []Option
		createdAt time.Duration // after the start of a second
		validFor  time.Duration
	}{
		"by default":                      {nil, 0, time.Hour},
		"on request":                      {[]Option{WithUploadURLsValidFor(90 * time.Second)}, 0, 90 * time.Second},
		"to the second":                   {[]Option{WithUploadURLsValidFor(time.Second)}, 900 * time.Millisecond, 1100 * time.Millisecond},
		"from the start":                  {[]Option{WithUploadURLsValidFor(0)}, 0, 0},
		"from the start, within a second": {[]Option{WithUploadURLsValidFor(0)}, 900 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client, closeAll := inMemory(row.options...)
				defer closeAll()
				time.Sleep(row.createdAt)
				address := newUploadURL(server)
				upload := func() readResponse {
					return do(t, client, storageRequest(t, http.MethodPut, address, "body", "x-ms-blob-type", "BlockBlob"))
				}
				if row.validFor > 0 {
					time.Sleep(row.validFor - time.Nanosecond)
					assert.Equal(t, 201, upload().StatusCode)
					time.Sleep(time.Nanosecond)
				}
				late := upload()
				assert.Equal(t, 403, late.StatusCode)
				assert.Equal(t, "AuthenticationFailed", late.Header.Get("x-ms-error-code"))
				assert.Regexp(t, `<AuthenticationErrorDetail>Signed expiry time \[.+ GMT\] has to be after signed start time \[.+ GMT\]</AuthenticationErrorDetail>`, late.body)
				assert.NotEmpty(t, late.Header.Get("Date"))
			})
		})
	}
}

// A URL with a start time is refused before it, with that reason. Then it is accepted until it
// expires.
func TestUploadURLsWithAStartTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := inMemory(WithUploadURLsValidFrom(90*time.Second), WithUploadURLsValidFor(time.Hour))
		defer closeAll()
		time.Sleep(900 * time.Millisecond) // after the start of a second
		address := newUploadURL(server)
		assert.Contains(t, address, "&st=2000-01-01T00%3A01%3A31Z&")
		upload := func() readResponse {
			return do(t, client, storageRequest(t, http.MethodPut, address, "body", "x-ms-blob-type", "BlockBlob"))
		}
		refused := func(late readResponse) {
			assert.Equal(t, 403, late.StatusCode)
			assert.Equal(t, "AuthenticationFailed", late.Header.Get("x-ms-error-code"))
			assert.NotEmpty(t, late.Header.Get("x-ms-request-id"))
			assert.Contains(t, late.body, "Signature not valid in the specified time frame: Start [Sat, 01 Jan 2000 00:01:31 GMT] - Expiry [Sat, 01 Jan 2000 01:00:01 GMT] - Current ["+time.Now().UTC().Format(http.TimeFormat)+"]<")
			assert.Equal(t, time.Now().UTC().Format(http.TimeFormat), late.Header.Get("Date"))
		}
		time.Sleep(90*time.Second + 100*time.Millisecond - time.Nanosecond)
		refused(upload())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 201, upload().StatusCode)
		time.Sleep(time.Hour)
		refused(upload())
	})
}
