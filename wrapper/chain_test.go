package wrapper

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A Location that is no URL must not cost the answer its status.
func TestRedirectsAreHandedOut(t *testing.T) {
	for location, kept := range map[string]string{
		"":                    "",
		"https://elsewhere/x": "https://elsewhere/x",
		"/relative":           "/relative",
		"/%zz":                "",
		"https://h:port/":     "",
	} {
		for _, status := range []int{300, 301, 302, 303, 307, 308} {
			sent := 0
			client := withoutRedirects(&http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
				sent++
				return &http.Response{StatusCode: status, Header: http.Header{"Location": {location}}, Body: http.NoBody, Request: request}, nil
			})})
			response, err := client.Do(newRequest(t, "https://api.example/v1/x"))
			require.NoError(t, err, location)
			assert.Equal(t, status, response.StatusCode)
			assert.Equal(t, kept, response.Header.Get("Location"))
			assert.Equal(t, 1, sent)
		}
	}
}
