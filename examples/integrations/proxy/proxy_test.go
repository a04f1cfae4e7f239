package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/proxy"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func Example() {
	network := newNetwork() // instead of your company's
	defer network.close()
	deployment := network.fake.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := network.fake.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})

	transport, err := proxy.Transport(network.url, network.caPEM)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := wrapper.NewClient(
		wrapper.WithHTTPClient(&http.Client{Transport: transport}),
		wrapper.WithBaseURL("https://"+apiHost), wrapper.WithToken(astrotest.Token),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Finalize(context.Background(), wrapper.TargetOf(deployment.OrganizationID, &deploy), wrapper.ImageOnly())
	fmt.Println(err)
	// Output: <nil>
}

// An upload and a finalize pass through the proxy, which sees the names of the hosts and no secret.
func TestThroughTheProxy(t *testing.T) {
	network := newNetwork()
	defer network.close()
	deployment := network.fake.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := network.fake.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
	client := newClient(t, network, network.caPEM)

	signed := strings.Replace(deploy.DAGsUploadURL.Reveal(), network.fake.URL, "https://"+storageHost, 1)
	uploadURL := api.NewSecret(signed)
	version, err := client.Upload(t.Context(), &uploadURL, bytes.NewReader([]byte{0x1f, 0x8b, 8, 0}))
	require.NoError(t, err)
	_, err = client.Finalize(t.Context(), wrapper.TargetOf(deployment.OrganizationID, &deploy), wrapper.DAGTarball(version))
	require.NoError(t, err)

	requests := network.fake.Requests()
	require.Len(t, requests, 2)
	assert.Equal(t, "Bearer "+astrotest.Token, requests[1].Authorization[0].Reveal())
	connects, crossed := network.proxy.seen()
	assert.Equal(t, []string{storageHost + ":443", apiHost + ":443"}, connects)
	assert.Contains(t, crossed, storageHost, "the record must hold the name that the TLS handshake sends in clear text")
	for _, secret := range []string{astrotest.Token, "Bearer", "sig="} {
		assert.NotContains(t, crossed, secret)
	}
}

// A certificate of an untrusted CA ends the call after one attempt. The outcome is known: nothing
// was sent.
func TestUntrustedCA(t *testing.T) {
	network := newNetwork()
	defer network.close()
	other, _ := newCA()
	client := newClient(t, network, other)

	_, err := client.Finalize(t.Context(), wrapper.Target{OrganizationID: "organization", DeploymentID: "deployment", DeployID: "deploy"}, wrapper.ImageOnly())
	var noResponse *wrapper.TransportError
	require.ErrorAs(t, err, &noResponse)
	assert.Equal(t, 1, noResponse.Attempts)
	assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown)
	var certificate *tls.CertificateVerificationError
	assert.ErrorAs(t, err, &certificate)
	var unknown x509.UnknownAuthorityError
	assert.ErrorAs(t, err, &unknown)
	assert.ErrorContains(t, err, "certificate signed by unknown authority")

	connects, crossed := network.proxy.seen()
	assert.Len(t, connects, 1)
	assert.NotContains(t, crossed, astrotest.Token)
	assert.Empty(t, network.fake.Requests())
}

// A CA that cannot be parsed is an error.
func TestNoCertificate(t *testing.T) {
	_, err := proxy.Transport(nil, []byte("-----BEGIN CERTIFICATE"))
	assert.Error(t, err)
}

func newClient(t *testing.T, network network, caPEM []byte) *wrapper.Client {
	transport, err := proxy.Transport(network.url, caPEM)
	require.NoError(t, err)
	client, err := wrapper.NewClient(
		wrapper.WithHTTPClient(&http.Client{Transport: transport}),
		wrapper.WithBaseURL("https://"+apiHost), wrapper.WithToken(astrotest.Token),
	)
	require.NoError(t, err)
	return client
}
