package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

const signed = "https://storage.example/a?sv=1&sig=s1gned"

// What fmt prints of every verb there is, and of some that there are not, for a secret in
// every place where a value can have one.
func TestSecretShowsUnderNoVerb(t *testing.T) {
	secret := api.NewSecret(signed)
	type exported struct{ Secret api.Secret }
	type hidden struct{ secret api.Secret }
	for _, value := range []any{
		secret, &secret, []api.Secret{secret}, map[string]api.Secret{"a": secret}, map[api.Secret]int{secret: 1},
		exported{secret}, &exported{secret}, hidden{secret}, &hidden{secret}, []any{hidden{secret}},
		api.Deploy{DAGsUploadURL: &secret, BundleUploadURL: &secret},
	} {
		for verb := '!'; verb <= '~'; verb++ {
			for _, flags := range []string{"", "+", "#", " ", "-10", "010", "10.3"} {
				assert.NotContains(t, fmt.Sprintf("%"+flags+string(verb), value), "s1gned", "%%%s%c of %T", flags, verb, value)
			}
		}
		assert.NotContains(t, fmt.Sprint(value), "s1gned")
	}
	assert.Equal(t, "[REDACTED] [REDACTED]", fmt.Sprintf("%v %s", secret, &secret))
}

func TestSecretShowsInNoLog(t *testing.T) {
	secret := api.NewSecret(signed)
	version, path := "v1", "/bundle"
	deploy := api.Deploy{ID: "deploy", Status: "DEPLOYED", DAGTarballVersion: &version, BundleMountPath: &path, DAGsUploadURL: &secret, BundleUploadURL: &secret}
	for name, value := range map[string]any{"secret": secret, "pointer": &secret, "deploy": deploy, "pointer to deploy": &deploy, "group": slog.GroupValue(slog.Any("deploy", deploy))} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("", "value", value)
		assert.NotContains(t, log.String(), "s1gned", name)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", "deploy", deploy)
	assert.Contains(t, log.String(), `"deploy":{"id":"deploy","deploymentId":"","type":"","status":"DEPLOYED","dagTarballVersion":"v1","bundleMountPath":"/bundle"}`)
}

func TestSecretJSONIsTheWireFormat(t *testing.T) {
	secret := api.NewSecret(signed)
	deploy := api.Deploy{DAGsUploadURL: &secret}
	encoded, err := json.Marshal(deploy)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(encoded, &fields))
	assert.Equal(t, signed, fields["dagsUploadUrl"])
	assert.NotContains(t, fields, "bundleUploadUrl")

	var decoded api.Deploy
	require.NoError(t, json.Unmarshal([]byte(`{"dagsUploadUrl":"https://a/?b=1\u0026c","bundleUploadUrl":null}`), &decoded))
	assert.Equal(t, "https://a/?b=1&c", decoded.DAGsUploadURL.Reveal())
	assert.Nil(t, decoded.BundleUploadURL)
	require.Error(t, json.Unmarshal([]byte(`{"dagsUploadUrl":1}`), &decoded))
}

func TestSecretsAreEqualIfTheirStringsAre(t *testing.T) {
	a, same, other := api.NewSecret("a"), api.NewSecret("a"), api.NewSecret("b")
	assert.True(t, a == same)
	assert.False(t, a == other)
	assert.Equal(t, api.Secret{}, api.NewSecret(""))
	assert.Empty(t, api.Secret{}.Reveal())
	assert.Equal(t, "a", a.Reveal())
}
