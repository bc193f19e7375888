<?php
/* PHP's SoapClient. Arguments: contract, SOAP version, key. Calls come as JSON on stdin, outcomes go to stdout. */

[, $contract, $version, $key] = $argv;
$client = new SoapClient($contract, [
    'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'login' => 'php',
    'password' => $key,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$outcomes = [];
foreach (json_decode(stream_get_contents(STDIN)) as $call) {
    try {
        $answer = $client->__soapCall($call->operation, [['request' => $call->request]]);
        $outcomes[] = ['result' => $answer->result];
    } catch (SoapFault $fault) {
        $outcomes[] = ['fault' => $fault->detail->Problem ?? ['code' => 'no_detail', 'text' => $fault->getMessage()]];
    }
}
echo json_encode($outcomes, JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
