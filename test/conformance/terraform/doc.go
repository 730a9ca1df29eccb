// Package terraform reads the Terraform that is written for edges with HashiCorp's own library: it parses, it is formatted as
// terraform fmt leaves it, its references lead somewhere, and its arguments are among those that testdata lists. The lists
// are this project's own, by the providers' documentation: no module ships the providers' schemas.
package terraform
