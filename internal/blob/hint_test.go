package blob

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A hint suggests a new deploy only for an expired URL, not for just any 403.
func TestHints(t *testing.T) {
	errorXML := func(code, detail string) string {
		return fmt.Sprintf("<Error><Code>%s</Code><Message>No.</Message><AuthenticationErrorDetail>%s</AuthenticationErrorDetail></Error>", code, detail)
	}
	fromStorage := map[string]string{"x-ms-request-id": "r"}
	for name, row := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   string
	}{
		"proxy, page":                  {403, nil, "<html>Access Denied</html>", hintNotStorage("HOST")},
		"proxy, no body":               {403, nil, "", hintNotStorage("HOST")},
		"proxy, storage's format":      {403, nil, errorXML("AuthenticationFailed", "Signature did not match."), hintNotStorage("HOST")},
		"a proxy's 404":                {404, nil, "", hintNotStorage("HOST")},
		"a proxy's 407":                {407, nil, "", hintNotStorage("HOST")},
		"a proxy's 502":                {502, nil, "", hintNotStorage("HOST")},
		"a proxy's 503 for an hour":    {503, map[string]string{"Retry-After": "3600"}, "", hintNotStorage("HOST")},
		"a proxy's 200":                {200, nil, "<html>", hintNotStorage("HOST")},
		"a proxy's 302":                {302, map[string]string{"Location": "/login"}, "", hintNotStorage("HOST")},
		"a proxy's 413":                {413, nil, "", hintNotStorage("HOST") + "; or " + hintSmaller},
		"network rules":                {403, fromStorage, errorXML("AuthorizationFailure", ""), hintNetwork},
		"IP address":                   {403, fromStorage, errorXML("AuthorizationSourceIPMismatch", ""), hintAddress},
		"rights":                       {403, fromStorage, errorXML("AuthorizationPermissionMismatch", ""), hintRights},
		"protocol":                     {403, fromStorage, errorXML("AuthorizationProtocolMismatch", ""), "including https"},
		"an Authorization header":      {400, fromStorage, errorXML("InvalidAuthenticationInfo", ""), hintUnsigned},
		"an Authorization header, 401": {401, fromStorage, errorXML("InvalidAuthenticationInfo", ""), hintUnsigned},
		"no signature":                 {409, fromStorage, errorXML("PublicAccessNotPermitted", ""), hintUnsigned},
		"signed with a key":            {403, fromStorage, errorXML("KeyBasedAuthenticationNotPermitted", ""), "support"},
		"wrong signature":              {403, fromStorage, errorXML("AuthenticationFailed", "Signature did not match. String to sign used was w\n\n2024"), hintChanged},
		"malformed signature":          {403, fromStorage, errorXML("AuthenticationFailed", "Signature fields not well formed."), hintChanged},
		"no detail":                    {403, fromStorage, errorXML("AuthenticationFailed", ""), hintUnclear},
		"unknown code":                 {403, fromStorage, errorXML("SomethingNew", ""), hintUnclear},
		"no code":                      {403, fromStorage, "", hintUnclear},
		"container gone":               {404, fromStorage, errorXML("ContainerNotFound", ""), hintGone},
		"blob gone":                    {404, fromStorage, errorXML("BlobNotFound", ""), hintGone},
		"resource gone":                {404, fromStorage, errorXML("ResourceNotFound", ""), hintGone},
		"404 without a code":           {404, fromStorage, "", hintGone},
		"account disabled":             {403, fromStorage, errorXML("AccountIsDisabled", ""), hintGone},
		"damaged":                      {400, fromStorage, errorXML("Md5Mismatch", ""), hintDamaged},
		"too large":                    {413, fromStorage, errorXML("RequestBodyTooLarge", ""), hintSmaller},
		"too large, without a code":    {413, fromStorage, "", hintSmaller},
		"202":                          {202, fromStorage, "", hintOddly},
		"201 without a version":        {201, fromStorage, "", hintOddly},
		"code without a hint":          {409, fromStorage, errorXML("LeaseIdMissing", ""), ""},
		"code in the header":           {403, map[string]string{"X-MS-error-code": "AuthorizationFailure"}, "", hintNetwork},
	} {
		store := &storage{handlers: []http.HandlerFunc{status(row.status, row.header, row.body), status(row.status, row.header, row.body)}}
		target := store.start(t)
		target.RawQuery = "sig=s1gned"
		upload := uploader(http.DefaultTransport)
		upload.Retry.MaxAttempts = 2
		result := upload.Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(100))), nil)
		require.NotNil(t, result.Refusal, name)
		want := strings.ReplaceAll(row.want, "HOST", target.Host)
		assert.Contains(t, result.Refusal.Hint, want, name)
		assert.Equal(t, want == "", result.Refusal.Hint == "", name)
		assert.False(t, result.Refusal.Expired, name)
		assert.Equal(t, want == hintUnclear, strings.Contains(result.Refusal.Hint, "new deploy"), name)
		assert.NotContains(t, result.Refusal.Hint, "s1gned")
	}
}
