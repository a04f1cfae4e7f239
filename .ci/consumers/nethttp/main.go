// A program that sends a request with the standard library alone: the size of a binary without
// this library.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	body, err := json.Marshal(map[string]string{"dagTarballVersion": os.Args[2]})
	if err != nil {
		panic(err)
	}
	request, err := http.NewRequest(http.MethodPost, os.Args[1], bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("ASTRO_API_TOKEN"))
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		panic(err)
	}
	fmt.Println(response.Status)
}
