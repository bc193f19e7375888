"""The SOAP door: the same questions as REST's, answered by the same flows, in the words of listino.wsdl."""
