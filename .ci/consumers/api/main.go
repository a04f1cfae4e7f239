// A program with its own transport that uses only the models and the generated client.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// signed adds the token to requests.
type signed struct{ next http.RoundTripper }

func (s signed) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+os.Getenv("ASTRO_API_TOKEN"))
	return s.next.RoundTrip(request)
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: get SERVER ORGANIZATION DEPLOYMENT DEPLOY")
		os.Exit(2)
	}
	if err := get(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func get(args []string) error {
	ours := &http.Client{Transport: signed{http.DefaultTransport}, Timeout: 30 * time.Second}
	client, err := api.NewClientWithResponses(args[0], api.WithHTTPClient(ours))
	if err != nil {
		return err
	}
	response, err := client.GetDeployWithResponse(context.Background(), args[1], args[2], args[3])
	if err != nil {
		return err
	}
	if response.JSON200 == nil {
		return fmt.Errorf("the service responded with %s", response.Status())
	}
	fmt.Println(response.JSON200.ID, "is", response.JSON200.Status)
	return nil
}
