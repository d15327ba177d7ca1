//go:build !windows

package main

// readBlob finds nothing: there is no Credential Manager on this system.
func readBlob(string) ([]byte, error) {
	return nil, nil
}
